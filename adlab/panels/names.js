// Gives every control of a panel its name, and the panel, or the desk of an exercise, its title.
// The sliders of ipywidgets have role=slider but no accessible name, and a Play has three buttons
// without a word; a screen reader needs both.
// Python marks the control with key k by the class `adlab-control-k` and sends {k: name}.
// And it keeps the keys of a control from JupyterLab, whose command mode would act on the cell.

const ICONS = { "fa-play": "play", "fa-pause": "pause", "fa-stop": "stop", "fa-retweet": "repeat" };

function set(element, attribute, value) {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}

function nameSlider(control, name) {
  const handles = control.querySelectorAll("[role=slider]");
  const readout = control.querySelector(".widget-readout");
  handles.forEach((handle, k) => {
    const end = handles.length === 1 ? "" : k === 0 ? ", lower end" : ", upper end";
    set(handle, "aria-label", name + end);
    if (readout && handles.length === 1) set(handle, "aria-valuetext", readout.textContent);
  });
  if (readout && readout.isContentEditable) {
    set(readout, "role", "textbox");
    set(readout, "aria-label", `${name}, type a value`);
  }
}

function nameButtons(control, name) {
  const buttons = control.querySelectorAll("button");
  if (!buttons.length) return;
  set(control, "role", "group");
  set(control, "aria-label", name);
  for (const button of buttons) {
    const icon = button.querySelector("i");
    const words = Object.keys(ICONS).filter((key) => icon && icon.classList.contains(key));
    if (words.length) set(button, "aria-label", `${name}: ${ICONS[words[0]]}`);
    else set(button, "aria-pressed", String(button.classList.contains("mod-active")));
  }
}

function nameControl(control, name) {
  nameSlider(control, name);
  if (control.matches("button")) set(control, "aria-label", name);
  else nameButtons(control, name);
  if (control.matches(".widget-radio")) {
    set(control, "role", "radiogroup");
    set(control, "aria-label", name);
  } else {
    for (const field of control.querySelectorAll("input, select, textarea")) {
      set(field, "aria-label", name);
    }
  }
  for (const empty of control.querySelectorAll("[title=null]")) empty.removeAttribute("title");
}

function nameAll(panel, model) {
  for (const [key, name] of Object.entries(model.get("names"))) {
    for (const control of panel.getElementsByClassName(`adlab-control-${key}`)) {
      nameControl(control, name);
    }
  }
  set(panel, "role", "group");
  set(panel, "aria-label", model.get("title"));
  for (const words of panel.getElementsByClassName("adlab-words")) {
    set(words, "aria-live", "polite");
  }
}

// The keys that JupyterLab gets all the same: Escape, those that run a cell, and those with Ctrl,
// Alt or Cmd, as Ctrl+S.
function isForJupyter({ key, ctrlKey, altKey, metaKey, shiftKey }) {
  return ctrlKey || altKey || metaKey || key === "Escape" || (shiftKey && key === "Enter");
}

// JupyterLab listens on the document and looks at a key before the page does: x cuts the cell, r
// makes it raw, an arrow leaves for the next. It skips elements with this attribute, but only if
// it stands on the very element that has the focus.
function keepKeys(panel) {
  const keep = (event) => {
    if (!panel.contains(event.target)) return;
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !isForJupyter(event));
  };
  window.addEventListener("keydown", keep, true);
  return () => window.removeEventListener("keydown", keep, true);
}

function render({ model, el }) {
  // Controls may be drawn before or after this runs, and the page may not hold any of it yet.
  let observer;
  let waiting;
  let letKeysGo;
  const start = () => {
    const panel = el.closest(".adlab-panel, .adlab-desk");
    if (!panel) {
      waiting = setTimeout(start, 100);
      return;
    }
    nameAll(panel, model);
    letKeysGo = keepKeys(panel);
    observer = new MutationObserver((changes) => {
      const inPicture = (change) => change.target.closest(".adlab-picture");
      if (!changes.every(inPicture)) nameAll(panel, model);
    });
    observer.observe(panel, { childList: true, subtree: true });
  };
  start();
  return () => {
    clearTimeout(waiting);
    observer?.disconnect();
    letKeysGo?.();
  };
}

export default { render };
