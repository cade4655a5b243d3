import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function n(e){return typeof e.from=="string"?[e.from]:e.from}export{n as a};
