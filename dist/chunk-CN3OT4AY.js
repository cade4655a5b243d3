import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{b as t}from"./chunk-NECC2GMY.js";import{existsSync as n}from"node:fs";import{readFile as e}from"node:fs/promises";function i(){return"0.1.0"}async function d(){let[,r]=process.argv,o=i();return o==="dev"||r===void 0||!n(r)?o:`${o} ${t(await e(r))}`}export{i as a,d as b};
