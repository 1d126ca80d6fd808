// Where build.mjs puts LiteRT.js.
export * from "@litertjs/core";
