import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function n(t){return new Date(Math.max(Date.now(),...t.map(e=>Date.parse(e)+1e3))).toISOString()}export{n as a};
