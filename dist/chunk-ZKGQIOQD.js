import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{b as a,c as b,d as c,e as d,f as e}from"./chunk-CKOE77G3.js";import"./chunk-6SCB5X3P.js";import"./chunk-E6FTLI4H.js";import"./chunk-PQ7M7EY4.js";export{d as GitHub,b as context,c as defaults,e as getOctokitOptions,a as getUserAgentWithOrchestrationId};
