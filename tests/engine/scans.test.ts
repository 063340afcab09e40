/** Two scanners check every object that the components create. Their findings are explained or fixed. */
import { strict as assert } from "node:assert";

import { type Rendered, renderedObjects } from "../support/rendered";
import { checkov, type Finding, kubeScore } from "../support/scanners";
import { exceptions } from "../support/scanners/exceptions";

const isExplained = (finding: Finding): boolean =>
    exceptions.some(({ checks, where }) => checks.includes(finding.check) && (where?.(finding) ?? true));

describe("the findings of scanners in all rendered objects", function () {
    this.timeout("20m");

    let rendered: Rendered[];
    const found: Finding[] = [];

    before(async () => {
        rendered = await renderedObjects();
    });

    for (const [scanner, scan] of Object.entries({ "kube-score": kubeScore, checkov })) {
        it(`${scanner} finds nothing without an explanation`, async () => {
            const findings = await scan(rendered);
            found.push(...findings);
            assert.ok(findings.length > 0, "it has checked nothing");
            const open = findings.filter((finding) => !isExplained(finding));
            const lines = open.map(
                ({ check, what, kind, name, origin }) => `${check} ${kind} ${name} (${origin}): ${what}`,
            );
            assert.deepEqual([...new Set(lines)], []);
        });
    }

    it("no explanation is unused", () => {
        const idle = exceptions.flatMap(({ checks, where }) =>
            checks.filter((id) => !found.some((finding) => finding.check === id && (where?.(finding) ?? true))),
        );
        assert.deepEqual(idle, []);
    });
});
