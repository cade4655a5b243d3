import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
var s=class extends Error{problems;constructor(n,r){let o=typeof n=="string"?[{message:n}]:"message"in n?[n]:n;super(o.map(t).join(`
`),r),this.name="UserError",this.problems=o}};function t(e){let{location:n}=e;return n?`${[n.file,n.line,n.column].filter(o=>o!==void 0).join(":")}: ${e.message}`:e.message}function a(e){return e instanceof Error?e.message:String(e)}export{s as a,t as b,a as c};
