/** Runs PMD over Apex through Salesforce's code analyzer; prints findings as JSON. */
import { APEX_RULES } from "./apex_rules.mjs";
import { load, report, targets } from "./tools.mjs";

const { CodeAnalyzer, CodeAnalyzerConfig, EventType, LogLevel } = load(
    "@salesforce/code-analyzer-core",
);
const { createEnginePlugin } = load("@salesforce/code-analyzer-pmd-engine");

// Other languages than Apex would only be read to be left alone.
const config = CodeAnalyzerConfig.fromObject({ engines: { pmd: { rule_languages: ["apex"] } } });
const analyzer = new CodeAnalyzer(config);
analyzer.onEvent(EventType.LogEvent, (event) => {
    if (event.logLevel === LogLevel.Error) {
        console.error(event.message);
    }
});
await analyzer.addEnginePlugin(createEnginePlugin());

const workspace = await analyzer.createWorkspace(targets);
const selectors = Object.keys(APEX_RULES).map((name) => `pmd:${name}`);
const selected = await analyzer.selectRules(selectors, { workspace });
const known = new Set(selected.getRulesFor("pmd").map((rule) => rule.getName()));
const unknown = Object.keys(APEX_RULES).filter((name) => !known.has(name));
if (unknown.length > 0) {
    throw new Error(`this version of PMD has no rule ${unknown.join(", ")}`);
}

const results = await analyzer.run(selected, { workspace });
report(
    results.getViolations().map((violation) => {
        const rule = violation.getRule();
        const place = violation.getPrimaryLocation();
        return {
            path: place.getFile() ?? "",
            line: place.getStartLine() ?? 0,
            // An engine that broke down reports that as a rule of its own.
            severity: APEX_RULES[rule.getName()] ?? "error",
            message: violation.getMessage(),
            rule: rule.getName(),
        };
    }),
);
