// What browser tests stand on: real nodes, a network to break, agents, visitors in Chromium.

export { Admin } from './harness/admin.mjs';
export { Agent } from './harness/agent.mjs';
export { BareVisitor } from './harness/bare-visitor.mjs';
export { Network } from './harness/network.mjs';
export { Node, PASSWORD } from './harness/node.mjs';
export { DESKTOP, PHONE, SCREENSHOTS, startBrowser, Visitor } from './harness/visitor.mjs';
export { freePort, until, WAIT_MS } from './harness/wait.mjs';
