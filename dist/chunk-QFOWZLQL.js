import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function r(e){process.stdout.write(`${e.replace(/[\r\n]+/g," ").replace(/^(\s*)(::|##\[)/,"$1\u200B$2")}
`)}export{r as a};
