// The shop's own script: "ask us" buttons open the chat through Salotto's one global.
for (const button of document.querySelectorAll('[data-ask]')) {
  button.addEventListener('click', () => window.Salotto?.open());
}
