// Samples as dots: one layer on a canvas for thousands of them, from plain arrays of numbers.
(function () {
  "use strict";
  L.loamPoints = function (points, colors, radius) {
    var renderer = L.canvas({ padding: 0.2 });
    var group = L.featureGroup();
    points.forEach(function (point) {
      L.circleMarker([point[0], point[1]], {
        renderer: renderer,
        radius: radius,
        weight: 0.8,
        color: "#22281f",
        opacity: 0.75,
        fillColor: colors[point[2]],
        fillOpacity: 0.95,
        interactive: false,
      }).addTo(group);
    });
    return group;
  };
})();
