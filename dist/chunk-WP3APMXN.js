import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b}from"./chunk-YQDE5IO3.js";import"./chunk-B5QLR73H.js";import"./chunk-6SCB5X3P.js";import"./chunk-SPLPXYLV.js";export{a as VERSION,b as retry};
