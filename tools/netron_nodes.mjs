// Opens model files with netron's own reader, without a browser.
//
//     node tools/netron_nodes.mjs NETRON FILE …
//
// NETRON is the folder with netron's onnx.js and view.js: that of the Python package
// netron, or `source` of the npm package. Prints a line of JSON for each file: its
// format and the operators of its nodes, or the error. tools/onnx_elsewhere.py calls it.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [folder, ...files] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(path.resolve(folder, name)).href);
const { BinaryStream } = await load('base.js');
const { ModelFactoryService } = await load('view.js');

const host = {
    type: 'Test',
    environment: () => undefined,
    event: () => undefined,
    exception: (error) => {
        throw error;
    },
    require: (id) => load(`${id}.js`),
    asset: (name) => readFile(path.resolve(folder, name), 'utf-8'),
};

function context(file, bytes) {
    return {
        identifier: path.basename(file),
        stream: new BinaryStream(bytes),
        entries: new Map(),
        require: host.require,
        asset: host.asset,
        error: host.exception,
        fetch: async (name) => {
            const other = path.resolve(path.dirname(file), name);
            return new BinaryStream(await readFile(other));
        },
    };
}

const service = new ModelFactoryService(host);
for (const file of files) {
    let seen;
    try {
        const model = await service.open(context(file, await readFile(file)));
        const nodes = model.modules.flatMap((graph) => graph.nodes);
        seen = { format: model.format, operators: nodes.map((node) => node.type.name) };
    } catch (error) {
        seen = { error: `${error.name}: ${error.message}` };
    }
    console.log(JSON.stringify({ file, ...seen }));
}
