/** Prometheus' own evaluation of rules and expressions over series that are made up. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as yaml from "yaml";

import { sourceDir } from "../../local/paths";
import { run } from "../../local/run";
import { build } from "../../local/toolchain/build";
import { STRIPPED, type Tool } from "../../local/toolchain/tools";
import { requiredVersion } from "../../local/toolchain/versions";
import { progressOnce } from "./progress";

/** A series and what it has, a minute apart, as in `0+1x60`. */
export type Series = [series: string, values: string];

/** One of the `tests` of a file for `promtool test rules`, without its series. */
export interface RuleTest {
    alert_rule_test?: unknown[];
    promql_expr_test?: unknown[];
}

function promtoolTool(): Tool {
    const module = sourceDir("local", "go", "prometheus");
    const prometheus = "github.com/prometheus/prometheus";
    return {
        name: "promtool",
        version: requiredVersion(fs.readFileSync(path.join(module, "go.mod"), "utf8"), prometheus),
        module,
        package: `${prometheus}/cmd/promtool`,
        ldflags: STRIPPED,
    };
}

/** Builds promtool where it is not there yet, which takes minutes. */
export const promtool = (): Promise<string> => build(promtoolTool(), progressOnce());

/** Fails with what promtool says of the rules, or of what they give for the series. */
export async function testRules(groups: unknown[], series: Series[], test: RuleTest): Promise<void> {
    const command = await promtool();
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-rules-"));
    try {
        fs.writeFileSync(path.join(directory, "rules.yaml"), yaml.stringify({ groups }));
        const tests = {
            rule_files: ["rules.yaml"],
            evaluation_interval: "1m",
            // Of figures with a fraction the last digits are not meant.
            fuzzy_compare: true,
            tests: [
                {
                    interval: "1m",
                    input_series: series.map(([name, values]) => ({ series: name, values })),
                    ...test,
                },
            ],
        };
        fs.writeFileSync(path.join(directory, "tests.yaml"), yaml.stringify(tests));
        await run(command, ["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"], { cwd: directory });
        await run(command, ["test", "rules", "tests.yaml"], { cwd: directory });
    } finally {
        fs.rmSync(directory, { recursive: true });
    }
}
