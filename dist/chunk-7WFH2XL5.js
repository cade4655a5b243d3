import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{Worker as o}from"node:worker_threads";var n=`
  const { module, serve } = require('node:worker_threads').workerData;
  const ready = module.endsWith('.ts') ? import('tsx/esm/api').then((tsx) => tsx.register()) : Promise.resolve();
  ready.then(() => import(module)).then((loaded) => loaded[serve]());
`;function a(e,r,t={}){return new o(n,{...t,eval:!0,workerData:{...e,data:r}})}export{a};
