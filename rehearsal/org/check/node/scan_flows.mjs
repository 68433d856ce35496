/** Runs the Flow scanner over Flow files; prints findings as JSON. */
import { readFileSync } from "node:fs";

import { FLOW_RULES } from "./flow_rules.mjs";
import { load, report, targets } from "./tools.mjs";

const { getRules, parse, scan } = load("@flow-scanner/lightning-flow-scanner-core");

const known = new Set(getRules().map((rule) => rule.name));
const unknown = Object.keys(FLOW_RULES).filter((name) => !known.has(name));
if (unknown.length > 0) {
    throw new Error(`this version of the Flow scanner has no rule ${unknown.join(", ")}`);
}

const flows = await parse(targets);
const findings = flows
    .filter((flow) => flow.errorMessage)
    .map((flow) => finding(flow.uri, 0, "error", flow.errorMessage, "unreadable"));

const rules = Object.fromEntries(
    Object.entries(FLOW_RULES).map(([name, { severity }]) => [name, { severity }]),
);
for (const { flow, ruleResults } of scan(flows, { rules })) {
    for (const { ruleName, ruleDefinition, details, errorMessage } of ruleResults) {
        const { severity, ignore = [] } = FLOW_RULES[ruleName];
        if (errorMessage) {
            findings.push(finding(flow.uri, 0, "error", errorMessage, ruleName));
        }
        for (const { name, type } of details) {
            if (!ignore.includes(type)) {
                const message = `${ruleDefinition.label}: ${name}`;
                findings.push(finding(flow.uri, lineOf(flow, name), severity, message, ruleName));
            }
        }
    }
}
report(findings);

function finding(path, line, severity, message, rule) {
    return { path, line, severity, message, rule };
}

/** The scanner counts lines in a text of its own making; what is asked for is the file's. */
function lineOf(flow, name) {
    const lines = readFileSync(flow.uri, "utf8").split("\n");
    return lines.findIndex((line) => line.includes(`<name>${name}</name>`)) + 1;
}
