/** Prometheus' own evaluation of rules and expressions with sample series. */
import * as yaml from "yaml";

import { sourceDir } from "../../local/paths";
import { run } from "../../local/run";
import { directoryWith } from "./directories";
import { goCommand } from "./go-command";

/** A series and its values, a minute apart, as in `0+1x60`. */
export type Series = [series: string, values: string];

/** One of the `tests` of a file for `promtool test rules`, without its series. */
export interface RuleTest {
    alert_rule_test?: unknown[];
    promql_expr_test?: unknown[];
}

/** Builds promtool unless it exists, which takes minutes. */
export const promtool = (): Promise<string> =>
    goCommand("promtool", sourceDir("tests", "controllers", "go", "prometheus"), "github.com/prometheus/prometheus");

/** Fails with what promtool reports about the rules, or about their results for the series. */
export async function testRules(groups: unknown[], series: Series[], test: RuleTest): Promise<void> {
    const command = await promtool();
    const tests = {
        rule_files: ["rules.yaml"],
        evaluation_interval: "1m",
        // The last digit of a fraction is not significant.
        fuzzy_compare: true,
        tests: [
            {
                interval: "1m",
                input_series: series.map(([name, values]) => ({ series: name, values })),
                ...test,
            },
        ],
    };
    const cwd = directoryWith({ "rules.yaml": yaml.stringify({ groups }), "tests.yaml": yaml.stringify(tests) });
    await run(command, ["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"], { cwd });
    await run(command, ["test", "rules", "tests.yaml"], { cwd });
}
