// Passkeys: a form with data-passkey asks the browser for one, puts its answer into a hidden field, and is sent.
"use strict";

(() => {
  const SENTENCES = {
    NotAllowedError: "Nothing was confirmed: it was cancelled, or took too long. Try again.",
    AbortError: "It was cancelled. Try again.",
    InvalidStateError: "This device holds a passkey for you already.",
    NotSupportedError: "This device can’t make a passkey that works here.",
    SecurityError: "Your browser allows no passkeys at this address.",
  };
  const UNSUPPORTED = "This browser can’t use passkeys. Try another one, or take another way.";
  const OFFLINE = "The server can’t be reached. Try again.";

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  class Refused extends Error {}

  async function fetchOptions(form) {
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    let response;
    try {
      response = await fetch(form.dataset.options, { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" } });
    } catch {
      throw new Refused(OFFLINE);
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refused(answer.message || OFFLINE);
    return { ...answer, challenge: bytes(answer.challenge) };
  }

  // By hand: what does this in browsers is young, and add-ons that keep passkeys break it.
  async function create(form) {
    const options = await fetchOptions(form);
    const publicKey = { ...options, user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: known(options.excludeCredentials) };
    const { id, rawId, type, response } = await navigator.credentials.create({ publicKey });
    return {
      id,
      rawId: text(rawId),
      type,
      response: {
        clientDataJSON: text(response.clientDataJSON),
        attestationObject: text(response.attestationObject),
        transports: response.getTransports?.() || [],
      },
    };
  }

  async function get(form) {
    const options = await fetchOptions(form);
    const { id, rawId, type, response } = await navigator.credentials.get({ publicKey: { ...options, allowCredentials: known(options.allowCredentials) } });
    return {
      id,
      rawId: text(rawId),
      type,
      response: {
        clientDataJSON: text(response.clientDataJSON),
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
      },
    };
  }

  async function answer(form) {
    const problem = form.querySelector("[data-problem]");
    const button = form.querySelector("[type=submit]");
    problem.hidden = true;
    button.setAttribute("aria-busy", "true");
    try {
      if (!window.PublicKeyCredential) throw new Refused(UNSUPPORTED);
      const credential = await (form.dataset.passkey === "create" ? create(form) : get(form));
      form.elements.credential.value = JSON.stringify(credential);
      form.dataset.answered = "1";
      form.requestSubmit();
    } catch (error) {
      button.removeAttribute("aria-busy");
      problem.textContent = error instanceof Refused ? error.message : SENTENCES[error.name] || UNSUPPORTED;
      problem.hidden = false;
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.answered) {
        delete form.dataset.answered;
        return;
      }
      event.preventDefault();
      if (!form.querySelector("[aria-busy]")) answer(form);
    });
  }
})();
