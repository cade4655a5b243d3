import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var e={ms:1,s:1e3,m:6e4,h:36e5,d:864e5,w:6048e5};function o(r){let n=/^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(r);return n?Number(n[1])*e[n[2]]:void 0}function s(r){let n=o(r);if(n===void 0)throw new Error(`${JSON.stringify(r)} is no duration`);return Math.round(n)}export{o as a,s as b};
