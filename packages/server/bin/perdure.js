#!/usr/bin/env node
// Kept in old syntax, so that an old Node can read it far enough to say what is wrong.
"use strict";

var version = process.versions.node.split(".");
var major = Number(version[0]);
var minor = Number(version[1]);

if (major < 24 || (major === 24 && minor < 11)) {
  console.error(
    "perdure needs Node.js 24.11 or newer and was started with " +
      process.versions.node +
      " (" +
      process.execPath +
      "): install Node.js 24 and run it again.",
  );
  process.exit(1);
}

import("../dist/cli.js").catch(function (error) {
  if (error && error.code === "ERR_MODULE_NOT_FOUND" && /dist[\\/]cli\.js/.test(String(error.message))) {
    console.error("perdure is not built: run `npm run build` in its repository.");
  } else {
    console.error(error);
  }
  process.exit(1);
});
