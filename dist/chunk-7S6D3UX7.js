import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{join as o}from"node:path";function i(r){return o(r,".mlops-actions")}export{i as a};
