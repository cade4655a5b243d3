import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function a(e,t){for(let r=0;r<e.length;r++)e[r]=t(r);return e}export{a};
