// What Loam adds to Leaflet: a view that survives, one polygon at a time or several, the point that
// was clicked, a stamp for simulated data, and one rendered picture where the first tile of a layer
// does not come.
(function () {
  "use strict";
  var PATIENCE_MS = 20000;
  var LEAST_HEIGHT_PX = 80;
  // As frame.css and maps.py have it: maps are 560 px high, 420 px on a narrow screen.
  var NARROW_PX = 500;
  var LOW_PX = 420;
  var HIGH_PX = 560;
  var SETTLED_MS = 1500;

  // --- Small files first -------------------------------------------------------------------
  // A browser opens six connections to a host. The tools' picture is asked for before any tile,
  // and tiles keep to four, so that the page never waits behind a slow tile. What lies on top is
  // what people look at: its tiles come first.
  var TILES_AT_ONCE = 4;
  var here = document.currentScript.src.replace(/map\.js.*$/, "");
  new Image().src = here + "leaflet-draw/images/spritesheet.svg";

  var waiting = [];
  var loading = 0;

  function uppermost() {
    var found = 0;
    waiting.forEach(function (tile, place) {
      if (tile.loamRank > waiting[found].loamRank) found = place;
    });
    return found;
  }

  function next() {
    while (loading < TILES_AT_ONCE && waiting.length) {
      var tile = waiting.splice(uppermost(), 1)[0];
      if (!tile.loamUrl) continue;
      loading += 1;
      tile.loamBusy = true;
      tile.src = tile.loamUrl;
    }
  }

  function finished(tile) {
    tile.loamUrl = "";
    if (!tile.loamBusy) return;
    tile.loamBusy = false;
    loading -= 1;
    next();
  }

  L.TileLayer.include({
    createTile: function (coords, done) {
      var tile = document.createElement("img");
      tile.alt = "";
      tile.loamUrl = this.getTileUrl(coords);
      tile.loamRank = L.stamp(this);
      L.DomEvent.on(tile, "load", function () {
        finished(tile);
        L.Util.bind(this._tileOnLoad, this, done, tile)();
      }, this);
      L.DomEvent.on(tile, "error", function (event) {
        finished(tile);
        L.Util.bind(this._tileOnError, this, done, tile, event)();
      }, this);
      waiting.push(tile);
      window.setTimeout(next, 0);
      return tile;
    },
  });

  L.TileLayer.addInitHook(function () {
    this.on("tileunload tileabort", function (event) { finished(event.tile); });
  });

  // --- One picture where tiles do not come -------------------------------------------------
  function showPicture(layer) {
    var options = layer.options;
    if (layer.loamSettled || !layer._map) return;
    layer.loamSettled = true;
    var picture = L.imageOverlay(options.loamPicture, options.loamBounds, {
      opacity: options.opacity,
      className: "loam-picture",
    });
    picture.addTo(layer._map);
    layer.on("remove", function () { picture.remove(); });
  }

  function settle(layer) { layer.loamSettled = true; }

  function withPicture(layer) {
    layer.once("tileload", function () { settle(layer); });
    layer.once("tileerror", function () { showPicture(layer); });
    layer.once("add", function () {
      window.setTimeout(function () { showPicture(layer); }, PATIENCE_MS);
    });
  }

  // --- The stamp ---------------------------------------------------------------------------
  var Stamp = L.Control.extend({
    options: { position: "bottomleft" },
    onAdd: function () {
      var box = L.DomUtil.create("div", "loam-stamp");
      box.textContent = "Simulated";
      return box;
    },
  });

  function stamp(map, change) {
    map.loamStamps = (map.loamStamps || 0) + change;
    if (map.loamStamps > 0 && !map.loamStamp) map.loamStamp = new Stamp().addTo(map);
    if (map.loamStamps === 0 && map.loamStamp) {
      map.loamStamp.remove();
      map.loamStamp = null;
    }
  }

  L.TileLayer.addInitHook(function () {
    if (this.options.loamPicture) withPicture(this);
    if (this.options.loamSimulated) {
      this.on("add", function () { this.loamMap = this._map; stamp(this.loamMap, 1); });
      this.on("remove", function () { stamp(this.loamMap, -1); });
    }
  });

  // --- The point that was clicked ------------------------------------------------------------
  function markClicks(map) {
    var busy = 0;
    var mark = null;
    function begin() { busy += 1; }
    function end() { window.setTimeout(function () { busy -= 1; }, 0); }
    map.on("draw:drawstart draw:editstart draw:deletestart", begin);
    map.on("draw:drawstop draw:editstop draw:deletestop", end);
    map.on("click", function (event) {
      if (busy > 0) return;
      if (mark) mark.remove();
      mark = L.circleMarker(event.latlng, {
        radius: 6, weight: 2, color: "#22281f", fillColor: "#fbfaf7", fillOpacity: 1,
        interactive: false, className: "loam-point",
      }).addTo(map);
    });
  }

  // --- The view ----------------------------------------------------------------------------
  function stored(name) {
    try { return JSON.parse(window.sessionStorage.getItem(name)); } catch (error) { return null; }
  }

  function keepView(map, name) {
    var centre = map.getCenter();
    var view = { lat: centre.lat, lng: centre.lng, zoom: map.getZoom() };
    try { window.sessionStorage.setItem(name, JSON.stringify(view)); } catch (error) { return; }
  }

  function place(map, name, bounds) {
    var view = stored(name);
    if (view) map.setView([view.lat, view.lng], view.zoom, { animate: false });
    else if (bounds) map.fitBounds(bounds, { animate: false, padding: [16, 16] });
    map.on("moveend", function () { keepView(map, name); });
  }

  L.Map.addInitHook(function () {
    var map = this;
    var options = map.options;
    var placed = false;
    map.attributionControl.setPrefix(false);
    map.on("zoomend viewreset", function () {
      map.getContainer().classList.toggle("loam-between", map.getZoom() % 1 !== 0);
    });
    if (options.loamDraws) {
      map.on("draw:created", function () {
        var drawn = window.drawnItems;
        if (!window.loamSeveral && drawn && drawn.clearLayers) drawn.clearLayers();
      });
      markClicks(map);
    }
    if (!options.loamView) return;
    function tryPlace() {
      if (placed || map.getSize().y < LEAST_HEIGHT_PX) return;
      placed = true;
      place(map, options.loamView, options.loamBounds);
    }
    // The frame is low for a moment. The map takes the height that it will have at once, so that it
    // finds its view before any tile is asked for.
    var box = map.getContainer();
    box.style.minHeight = (window.innerWidth < NARROW_PX ? LOW_PX : HIGH_PX) + "px";
    map.invalidateSize({ animate: false });
    tryPlace();
    window.setTimeout(function () { box.style.minHeight = ""; }, SETTLED_MS);
    map.on("resize", tryPlace);
    window.setTimeout(function () { map.invalidateSize({ animate: false }); }, SETTLED_MS + 50);
  });
})();
