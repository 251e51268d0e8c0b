import { storeAcceptance } from "./acceptance.ts";
import { storeDirectory } from "./sqlite/fixture.ts";

storeAcceptance("SQLite", async () => {
  const directory = storeDirectory();
  return {
    open: (bootId) => directory.open(bootId),
    remove: async () => {
      await directory[Symbol.asyncDispose]();
    },
  };
});
