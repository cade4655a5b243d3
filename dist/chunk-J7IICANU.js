import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var t={manifest:"manifest.json",model:"model.onnx",metrics:"metrics.json",params:"params.yaml",predictions:"predictions.parquet",importance:"importance.json",card:"README.md",bom:"bom.json"};function o(n){return`${n}-candidate`}export{t as a,o as b};
