import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { conditions: ["@perdure/source", ...defaultClientConditions] },
  build: { outDir: "build/site", sourcemap: true, target: "es2022" },
});
