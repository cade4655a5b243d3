import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a}from"./chunk-DYGATDCQ.js";import"./chunk-KMEATLQH.js";import"./chunk-LJPEEB65.js";import"./chunk-PQ7M7EY4.js";export{a as assertSelfContained};
