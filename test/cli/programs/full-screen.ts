// A program that takes the whole terminal: alternate screen, colours, wide characters, mouse, bracketed paste, application keys, hidden
// cursor. It shows its size and what is typed, and writes every typed byte to a file. Ctrl-D ends it with code 4, and it puts nothing back.
//
//   full-screen.ts FILE

import { appendFileSync, writeFileSync, writeSync } from "node:fs";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("FILE is missing");
writeFileSync(file, "");
let typed = "";

function draw(): void {
  const { columns, rows } = process.stdout;
  const bars = Array.from({ length: rows - 3 }, (_, row) => {
    const colours = `\x1b[0;${row % 2 === 0 ? 1 : 3};48;5;${17 + row * 3};38;2;${250 - row * 5};${200 - row};90m`;
    return `\x1b[${row + 1};1H${colours}${`row ${row} 漢字 é │`.padEnd(Math.max(0, columns - 5 - row))}`;
  });
  writeSync(
    1,
    `\x1b[H\x1b[2J${bars.join("")}\x1b[0m\x1b[${rows - 1};1Htyped: ${typed}\x1b[${rows};1H\x1b[7msize ${columns}x${rows}\x1b[0m`,
  );
}

process.stdin.setRawMode(true);
writeSync(1, "\x1b[?1049h\x1b[?25l\x1b[?1002;1006h\x1b[?2004h\x1b[?1004h\x1b[?1h\x1b=\x1b]2;full screen\x07");
draw();
process.stdout.on("resize", draw);
process.stdin.on("data", (data: Buffer) => {
  if (data.includes(4)) process.exit(4);
  appendFileSync(file, data);
  typed += data.toString();
  draw();
});
