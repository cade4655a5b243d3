import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{b as a,c as b,d as c,e as d,f as e}from"./chunk-MRN67B7T.js";import"./chunk-6SCB5X3P.js";import"./chunk-BFK5FFEH.js";import"./chunk-SPLPXYLV.js";export{d as GitHub,b as context,c as defaults,e as getOctokitOptions,a as getUserAgentWithOrchestrationId};
