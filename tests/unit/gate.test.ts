/** An update in which an argument is known to be wrong registers no object of any component. */
import * as assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { userError } from "../../src/arguments/inputs";
import { workload } from "../support/arguments";
import { run } from "../support/mocks";

/** Runs a program in a stack, as the engine does, until its error; returns the types that it has registered. */
async function registeredBefore(error: string, program: () => void): Promise<string[]> {
    const types: string[] = [];
    const outputs = (type: string) => {
        types.push(type);
        return {};
    };
    const inStack = () => void pulumi.runtime.runInPulumiStack(() => Promise.resolve(program()));
    await assert.rejects(run(inStack, { outputs }), { message: error });
    return types.filter((type) => type.startsWith("kubernetes:"));
}

describe("an update with a wrong argument", () => {
    const right = () => new mlops.ModelServer("right", workload);

    it("registers nothing if an Output is wrong", async () => {
        const message = 'ModelServer "wrong": replicas is -1; it must be an integer from 0 to 10000';
        const wrong = () => new mlops.ModelServer("wrong", { ...workload, replicas: pulumi.output(-1) });
        assert.deepEqual(await registeredBefore(message, () => void [right(), wrong()]), []);
        assert.deepEqual(await registeredBefore(message, () => void [wrong(), right()]), []);
    });

    it("registers nothing if a plain value is wrong", async () => {
        const message = 'ModelServer "wrong": replicas is -1; it must be an integer from 0 to 10000';
        const program = () => void [right(), new mlops.ModelServer("wrong", { ...workload, replicas: -1 })];
        assert.deepEqual(await registeredBefore(message, program), []);
    });

    it("registers what does not depend on it if the value is known later", async () => {
        const later = new Promise<number>((resolve) => setTimeout(() => resolve(-1), 200));
        const message = 'ModelServer "wrong": replicas is -1; it must be an integer from 0 to 10000';
        const program = () => void [right(), new mlops.ModelServer("wrong", { ...workload, replicas: later })];
        const types = await registeredBefore(message, program);
        assert.ok(types.includes("kubernetes:apps/v1:Deployment"), types.join(" "));
    });
});

describe("an error for the user", () => {
    it("is exactly its message, which cannot be changed, and has no stack", () => {
        const error = userError('ModelServer "fraud": replicas is -1');
        error.message = `error serializing property "spec": ${error.message}`;
        assert.equal(error.message, 'ModelServer "fraud": replicas is -1');
        assert.equal(error.stack, "");
        assert.ok(pulumi.RunError.isInstance(error));
    });
});
