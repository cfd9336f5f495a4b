// Signing in to the console and out of it: wrong passwords, too many of them, no node at all.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADA, Console } from './console-page.mjs';
import { Network, Node, PASSWORD, startBrowser, until } from './harness.mjs';

let node, browser, network, brittle;

before(async () => {
  node = await Node.start();
  network = await Network.to(node.port);
  browser = await startBrowser(node);
  brittle = await startBrowser(node, network);
});

after(async () => {
  await browser?.close();
  await brittle?.close();
  network?.close();
  await node?.stop();
});

test('signing out ends the session', async () => {
  const desk = await Console.signIn(browser, node);
  await desk.page.getByRole('button', { name: 'Sign out' }).click();
  await desk.page.getByRole('heading', { name: 'Sign in to the console' }).waitFor();
  await desk.page.reload();
  await desk.page.getByRole('heading', { name: 'Sign in to the console' }).waitFor();
  await desk.leave();
});

test('a node that cannot be reached is told, and looked for again', async () => {
  const desk = await Console.open(brittle, node);
  await desk.page.getByLabel('E-mail').waitFor();
  network.cut();
  await desk.enter(ADA, PASSWORD);
  await desk.page.getByText('The node cannot be reached').waitFor();
  network.heal();
  await desk.page.getByRole('button', { name: 'Sign in' }).click();
  await desk.isOnline();
  await desk.leave();
});

test('a wrong password is told, and after many the wait', async () => {
  const desk = await Console.open(browser, node);
  await desk.enter(ADA, 'wrong');
  await desk.page.getByText('E-mail and password do not match').waitFor();
  await desk.screenshot('sign-in');
  await until(
    async () => {
      const signIn = desk.page.getByRole('button', { name: 'Sign in', exact: true });
      if (await signIn.isEnabled()) await signIn.click();
      return desk.page.getByText(/Too many attempts\. Try again in \d+ second/).isVisible();
    },
    () => 'guessing was not limited',
  );
  assert(await desk.page.getByRole('button', { name: 'Sign in' }).isDisabled());
  await desk.leave();
});
