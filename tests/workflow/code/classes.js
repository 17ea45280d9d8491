// Runs scripts of the Code Editor under Node, where there is neither `Map` nor `ui`.
// Arguments: address, folder of the client, "map" or "graph", and the script's file. Prints a line
// of JSON: the pixels of `classes` on the grid of grid.json as NPY, or `predictors` in the Cloud
// API's form.
const fs = require("fs");
const vm = require("vm");
const { createRequire } = require("module");
const ee = createRequire(process.argv[3] + "/")("@google/earthengine");

const [url, , wanted, file] = process.argv.slice(2);

const fail = (error) => {
  console.error(error);
  process.exit(1);
};

const pixels = async (image) => {
  const grid = JSON.parse(fs.readFileSync("grid.json", "utf8"));
  const body = { expression: ee.Serializer.encodeCloudApi(image.unmask(255)), fileFormat: "NPY", grid };
  const answer = await fetch(`${url}/v1/projects/local/image:computePixels`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) fail(await answer.text());
  return Buffer.from(await answer.arrayBuffer()).toString("base64");
};

const start = async () => {
  try {
    const world = { ee };
    vm.runInNewContext(fs.readFileSync(file, "utf8"), world);
    const told = wanted === "map"
      ? await pixels(world.classes)
      : JSON.parse(ee.Serializer.toCloudApiJSON(world.predictors));
    console.log(JSON.stringify(told));
  } catch (error) {
    fail(error);
  }
};

ee.data.setAuthToken("", "Bearer", "none", 3600, [], undefined, false);
ee.initialize(url, url, start, fail, null, "local");
