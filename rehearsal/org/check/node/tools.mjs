import { createRequire } from "node:module";
import { join } from "node:path";

/** The command line of every script here: the project's root, then its files or folders. */
export const [root, ...targets] = process.argv.slice(2);

/** Loads a package from the project's own node_modules. */
export const load = createRequire(join(root, "package.json"));

/** @param {{path: string, line: number, severity: string, message: string, rule: string}[]} findings */
export function report(findings) {
    process.stdout.write(JSON.stringify(findings) + "\n");
}
