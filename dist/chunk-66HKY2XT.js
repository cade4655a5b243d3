import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b}from"./chunk-I46XBOS2.js";import"./chunk-6SCB5X3P.js";import"./chunk-JU7BLLIE.js";import"./chunk-PQ7M7EY4.js";export{a as VERSION,b as retry};
