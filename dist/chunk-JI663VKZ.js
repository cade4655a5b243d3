import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var o=["string","integer","number","boolean","date","timestamp"];function t(r,e){let n=r.columns.get(e);if(!n)throw new Error(`the table has no column ${JSON.stringify(e)}`);return n}var a=["train","validation","calibration","test"],l=255;export{o as a,t as b,a as c,l as d};
