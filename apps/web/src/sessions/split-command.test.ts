import fc from "fast-check";
import { expect, test } from "vitest";
import { joinCommand, splitCommand } from "./split-command.ts";

test("nothing typed is the login shell", () => {
  expect(splitCommand("   ")).toEqual({ is: "shell" });
});

test("words are split as a shell would", () => {
  expect(splitCommand("claude --resume")).toEqual({ is: "words", words: ["claude", "--resume"] });
  expect(splitCommand(String.raw`git commit -m "two words" a\ b ''`)).toEqual({
    is: "words",
    words: ["git", "commit", "-m", "two words", "a b", ""],
  });
  expect(splitCommand(String.raw`echo "a \"b\" \n"`)).toEqual({ is: "words", words: ["echo", String.raw`a "b" \n`] });
});

test("what only a shell can do goes to sh as it is", () => {
  for (const line of ["npm test | tail", "echo $HOME", 'echo "$HOME"', "ls *.ts", "A=1 env", "cd ~/x && ls"]) {
    expect(splitCommand(line)).toEqual({ is: "script", words: ["sh", "-c", line] });
  }
  expect(splitCommand("echo '$HOME | *'")).toEqual({ is: "words", words: ["echo", "$HOME | *"] });
});

test("an open quote is said, not guessed", () => {
  expect(splitCommand("echo 'a")).toEqual({ is: "unfinished", quote: "'" });
  expect(splitCommand('echo "a')).toEqual({ is: "unfinished", quote: '"' });
});

test("every command reads back as it was written", () => {
  const word = fc.string({ minLength: 0, maxLength: 12, unit: "binary" });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      fc.pre(!(words.length === 3 && words[0] === "sh" && words[1] === "-c") && !/^\w+=/.test(words[0] ?? ""));
      expect(splitCommand(joinCommand(words))).toEqual({ is: "words", words });
    }),
  );
});
