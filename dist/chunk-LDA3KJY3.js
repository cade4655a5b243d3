import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{c as a,d as b,e as c}from"./chunk-2LWE7LWO.js";import"./chunk-CILFK6A5.js";import"./chunk-LJPEEB65.js";import"./chunk-PQ7M7EY4.js";export{a as findIssues,b as keepIssue,c as rememberInIssue};
