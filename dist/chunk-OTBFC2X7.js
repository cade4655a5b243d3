import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function g(n,l,i){let t=new Map(n.map(e=>[e.name,0])),s=()=>n.map(e=>e.variants[t.get(e.name)]??"").filter(e=>e!=="").join(`

`),d=l.values(),r=s();for(;r.length>i;){let e=d.next();if(e.done)throw new RangeError(`the shortest form has ${r.length} characters, the limit is ${i}`);let a=n.find(c=>c.name===e.value),o=t.get(e.value);!a||o===void 0||o>=a.variants.length-1||(t.set(a.name,o+1),r=s())}return{text:r,shortened:n.filter(e=>t.get(e.name)>0).map(e=>e.name)}}export{g as a};
