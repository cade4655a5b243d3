import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{totalmem as e}from"node:os";import{getHeapStatistics as r}from"node:v8";function n(){let t=process.constrainedMemory();return t>0?Math.min(t,e()):e()}function i(){return r().heap_size_limit}export{n as a,i as b};
