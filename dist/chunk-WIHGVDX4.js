import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var n=-(2n**63n);export{n as a};
