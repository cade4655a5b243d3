import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a as o}from"./chunk-5Y7ZVRH4.js";import"./chunk-6GYB6BWX.js";import"./chunk-QFOWZLQL.js";import"./chunk-YEOLAJO4.js";import"./chunk-LJPEEB65.js";import"./chunk-QQTF7OFL.js";import"./chunk-BFK5FFEH.js";import"./chunk-SPLPXYLV.js";await o("compare",()=>import("./chunk-QIA3BD6H.js"));
