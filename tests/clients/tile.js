// What users of the JavaScript client do: map a function over a collection and show the result.
const { createRequire } = require("module");
const ee = createRequire(process.argv[3] + "/")("@google/earthengine");

const url = process.argv[2];

const fail = (error) => {
  console.error(error);
  process.exit(1);
};

const show = () => {
  const scene = ee.Image("projects/local/assets/scene");
  const mapped = ee.ImageCollection([scene, scene.add(100)])
    .map((image) => image.select("nir").multiply(2).set("bands", image.bandNames()));
  const mean = mapped.mean().reduceRegion(ee.Reducer.mean(), scene.geometry(), 10, "EPSG:32633");
  ee.Dictionary({ mean, bands: mapped.first().get("bands") }).evaluate((value, error) => {
    if (error) fail(error);
    mapped.first().getMapId({ min: 1200, max: 2400, palette: ["black", "white"] }, (map, problem) => {
      if (problem) fail(problem);
      const address = map.formatTileUrl(8874, 5705, 14);
      fetch(address).then(async (answer) => {
        const tile = Buffer.from(await answer.arrayBuffer()).toString("base64");
        const type = answer.headers.get("content-type");
        console.log(JSON.stringify({ value, status: answer.status, type, tile }));
      }).catch(fail);
    });
  });
};

ee.data.setAuthToken("", "Bearer", "none", 3600, [], undefined, false);
ee.initialize(url, url, show, fail, null, "local");
