// Labels on the map: those that are there in the colours of their classes, the one being drawn, and
// the sample that one looks at.
(function () {
  "use strict";
  var FADES_MS = 1500;
  var CLOSE_ZOOM = 15;
  var UNSEEN = { opacity: 0, fillOpacity: 0 };

  L.loamShapes = function (shapes, colors) {
    var renderer = L.svg({ padding: 0.2 });
    return L.geoJSON(shapes, {
      interactive: false,
      renderer: renderer,
      style: function (shape) {
        var color = colors[shape.properties.index] || "#999999";
        return { color: color, weight: 2.5, opacity: 1, fillColor: color, fillOpacity: 0.35 };
      },
      pointToLayer: function (shape, place) {
        return L.circleMarker(place, {
          renderer: renderer, radius: 6, color: "#22281f", weight: 1.5,
          fillColor: colors[shape.properties.index] || "#999999", fillOpacity: 1,
          interactive: false, className: "loam-label",
        });
      },
    });
  };

  // What is drawn next has this colour; a layer without a picture.
  L.loamInk = function (color) {
    return new (L.Layer.extend({
      onAdd: function (map) { map.loamInk = color; },
      onRemove: function () {},
    }))();
  };

  // A ring around one place; the map moves there once for each token.
  L.loamFocus = function (lat, lng, token) {
    var ring = L.circleMarker([lat, lng], {
      radius: 11, weight: 3, color: "#fbfaf7", fill: false, interactive: false,
    });
    var edge = L.circleMarker([lat, lng], {
      radius: 11, weight: 6, color: "#22281f", fill: false, interactive: false,
      className: "loam-focus",
    });
    var group = L.featureGroup([edge, ring]);
    group.on("add", function () {
      var map = this._map;
      if (!map || map.loamFocused === token) return;
      map.loamFocused = token;
      map.setView([lat, lng], Math.max(map.getZoom(), CLOSE_ZOOM), { animate: false });
    });
    return group;
  };

  L.Map.addInitHook(function () {
    var map = this;
    if (!map.options.loamLabels) return;
    map.on("draw:created", function (event) {
      var drawn = window.drawnItems;
      if (drawn && drawn.clearLayers) drawn.clearLayers();
      var color = map.loamInk || "#999999";
      event.layer.setStyle({ color: color, fillColor: color, fillOpacity: 0.35 });
      // The page answers with the label in its place; the drawing itself steps back.
      window.setTimeout(function () { event.layer.setStyle(UNSEEN); }, FADES_MS);
    });
  });
})();
