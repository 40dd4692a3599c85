/* Files go ahead of their form, piece by piece, with a bar that says how far they are. When the way breaks off they go on where they stood.
 * Without script, or when this fails, the form itself takes small files. */
(function () {
  'use strict';

  var TRIES = 8, WAIT_MS = 1000, LOOK_MS = 700, LOOKS = 600, FORM_MOST = 16777216;
  var busy = 0, runOf = new WeakMap(); /* of each control: its newest upload, while it is under way */

  function later(ms) {
    return new Promise(function (done) { setTimeout(done, ms); });
  }

  function ask(input, method, url, headers, body, signal) {
    headers['X-CSRF-Token'] = input.form.elements.csrf.value;
    headers.Accept = 'application/json';
    headers['Accept-Language'] = document.documentElement.lang;
    return fetch(url, { method: method, headers: headers, body: body, credentials: 'same-origin', signal: signal });
  }

  function refused(answer) {
    return answer.json().then(function (problem) { throw { say: problem.detail || problem.title }; }, function () { throw { say: '' }; });
  }

  /* Also after a way that broke off: the server knows how far it came. */
  function offset(input, url) {
    return ask(input, 'HEAD', url, {}).then(function (answer) {
      if (!answer.ok) throw { say: '' };
      return Number(answer.headers.get('Upload-Offset'));
    });
  }

  function send(input, file, url, piece, from, tries, run) {
    if (from >= file.size) return Promise.resolve();
    return ask(input, 'PATCH', url, { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(from) },
               file.slice(from, from + piece), run.signal).then(function (answer) {
      if (answer.status === 204 || answer.status === 409) return Number(answer.headers.get('Upload-Offset'));
      if (answer.status === 503) throw null;
      return refused(answer);
    }).then(function (at) {
      run.say(at);
      return send(input, file, url, piece, at, TRIES, run);
    }, function (failure) {
      run.still();
      if (failure && failure.say !== undefined) throw failure;
      if (!tries) throw { say: '' };
      return later(WAIT_MS * (TRIES - tries + 1)).then(function () { return offset(input, url); }).catch(function () { return from; })
        .then(function (at) { return send(input, file, url, piece, at, tries - 1, run); });
    });
  }

  function examined(input, url, looks, run) {
    run.still();
    return ask(input, 'GET', url, {}).then(function (answer) { return answer.ok ? answer.json() : refused(answer); }).then(function (state) {
      if (state.examined || !looks) return;
      return later(LOOK_MS).then(function () { return examined(input, url, looks - 1, run); });
    });
  }

  function progress(input) {
    var box = input.parentNode.querySelector('.tj-upload__progress'), bar, words, button;
    if (!box) {
      box = document.createElement('div');
      box.className = 'tj-upload__progress';
      box.appendChild(document.createElement('progress'));
      box.appendChild(document.createElement('p')).setAttribute('role', 'status');
      button = box.appendChild(document.createElement('button'));
      button.type = 'button';
      button.className = 'tj-button tj-button--outline';
      button.textContent = input.getAttribute('data-cancel');
      button.addEventListener('click', function () { cancel(input); });
      input.parentNode.insertBefore(box, input.nextSibling);
    }
    bar = box.firstChild;
    words = bar.nextSibling;
    return function (at, all, text, ended) { /* `ended`: "failed", "cancelled" or "ready" */
      var failed = ended === 'failed';
      bar.hidden = failed || ended === 'cancelled';
      box.lastChild.hidden = Boolean(ended);
      words.className = failed ? 'tj-field__error' : '';
      bar.max = all;
      bar.value = at;
      bar.setAttribute('aria-label', text);
      if (words.textContent !== text) words.textContent = text;
    };
  }

  function hold(form, by) {
    busy += by;
    Array.prototype.forEach.call(form.querySelectorAll('button:not(.tj-upload__progress > button)'), function (button) { button.disabled = busy > 0; });
  }

  /* What was sent is dropped at the server, as when another file is chosen meanwhile; one that was ready before stays chosen. */
  function cancel(input) {
    var run = runOf.get(input);
    if (!run) return;
    runOf.delete(input);
    run.abort();
    input.value = '';
    progress(input)(0, 1, input.getAttribute('data-cancelled').replace('%', run.name), 'cancelled');
    input.focus();
  }

  function upload(input) {
    var file = input.files[0], show = progress(input), form = input.form, url;
    var held = form.elements[input.getAttribute('data-field')], stop = new AbortController(), run;
    var was = runOf.get(input);
    run = {
      name: file.name,
      signal: stop.signal,
      abort: function () { stop.abort(); },
      /* Another one was chosen since, or it was cancelled: this one goes no further. */
      still: function () {
        if (runOf.get(input) !== run) throw { say: '' };
      },
      say: function (at) {
        run.still();
        show(at, file.size, input.getAttribute('data-sending').replace('%', Math.floor(at * 100 / file.size)));
      }
    };
    runOf.set(input, run);
    if (was) was.abort();
    hold(form, 1);
    run.say(0);
    ask(input, 'POST', '/api/files', { 'Content-Type': 'application/json' },
        JSON.stringify({ reg: input.getAttribute('data-reg'), field: held.name, name: file.name, size: file.size }))
      .then(function (answer) { return answer.ok ? answer.json() : refused(answer); })
      .then(function (begun) {
        url = '/api/files/' + begun.id;
        run.still();
        return send(input, file, url, begun.piece, 0, TRIES, run).then(function () {
          run.still();
          if (!input.hasAttribute('data-examining')) return;
          show(file.size, file.size, input.getAttribute('data-examining'));
          return examined(input, url, LOOKS, run);
        }).then(function () {
          run.still();
          runOf.delete(input);
          held.value = begun.id;
          input.value = '';
          input.required = false;
          show(file.size, file.size, input.getAttribute('data-ready').replace('%', file.name), 'ready');
        });
      })
      .catch(function (failure) {
        if (runOf.get(input) !== run) return url ? ask(input, 'DELETE', url, {}).catch(function () {}) : null;
        runOf.delete(input);
        show(0, 1, file.name + '：' + (failure && failure.say ? failure.say : input.getAttribute('data-failed')), 'failed');
        if ((failure && failure.say) || file.size > FORM_MOST) input.value = ''; /* the form would not get it through, either */
      })
      .then(function () { hold(form, -1); });
  }

  document.addEventListener('change', function (event) {
    var input = event.target;
    if (input.type === 'file' && input.hasAttribute('data-field') && input.files.length && window.fetch) upload(input);
  });
})();
