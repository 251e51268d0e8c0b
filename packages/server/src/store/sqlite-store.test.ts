import { storeAcceptance } from "./acceptance.ts";
import { storeDirectory } from "./sqlite/fixture.ts";

storeAcceptance("the SQLite store", async () => {
  const directory = storeDirectory();
  return { open: (bootId) => directory.open(bootId), remove: () => directory[Symbol.asyncDispose]() };
});
