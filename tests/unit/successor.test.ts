/** The names of objects that must exist beside their predecessors. */
import { strict as assert } from "node:assert";

import { chooseName } from "../../src/pod/successor";

/** Objects, the oldest first. */
const existing = (...names: string[]) =>
    names.map((name, second) => ({ name, creationTimestamp: new Date(second * 1000).toISOString() }));

const first = "fraud-server-env-11111111";
const second = "fraud-server-env-22222222";

const cases: Record<string, { objects: string[]; hashed: string; chosen: string }> = {
    "the first one": { objects: [], hashed: first, chosen: first },
    "the present one": { objects: [first], hashed: first, chosen: first },
    "a successor": { objects: [first], hashed: second, chosen: second },
    "a return to a predecessor that is still to be deleted": {
        objects: [first, second],
        hashed: first,
        chosen: `${first}-2`,
    },
    "the present one after such a return": {
        objects: [first, second, `${first}-2`],
        hashed: first,
        chosen: `${first}-2`,
    },
    "another return": { objects: [first, `${first}-2`, second], hashed: first, chosen: `${first}-3` },
    "objects of other names": {
        objects: ["risk-server-env-11111111", "fraud-server-env-token", "fraud-server-env-11111111-x"],
        hashed: second,
        chosen: second,
    },
};

describe("the name of an object that must exist beside its predecessor", () => {
    for (const [title, { objects, hashed, chosen }] of Object.entries(cases)) {
        it(title, () => assert.equal(chooseName(hashed, "fraud-server-env", existing(...objects)), chosen));
    }

    it("does not depend on the order of the list", () => {
        const objects = existing(first, second);
        assert.equal(chooseName(first, "fraud-server-env", objects.reverse()), `${first}-2`);
    });
});
