import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var o={manifest:"manifest.json",model:"model.onnx",metrics:"metrics.json",params:"params.yaml",predictions:"predictions.parquet",importance:"importance.json",profile:"profile.json",card:"README.md",bom:"bom.json"};function t(n){return`${n}-candidate`}export{o as a,t as b};
