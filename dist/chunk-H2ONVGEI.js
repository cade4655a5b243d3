import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b,c,d,e,f}from"./chunk-HRZNVCQI.js";import"./chunk-IO3N5ZTH.js";import"./chunk-6TKZGUHS.js";import"./chunk-IQUQGMZW.js";import"./chunk-PQ7M7EY4.js";export{a as QUIET_AXIS,f as draw,b as histogramChart,d as outcomeOf,e as overallOutcome,c as relationChart};
