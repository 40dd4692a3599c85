/* Files go ahead of their form, piece by piece, with a bar that says how far they are. When the way breaks off they go on where they stood.
 * Without script, or when this fails, the form itself takes small files. */
(function () {
  'use strict';

  var TRIES = 8, WAIT_MS = 1000, LOOK_MS = 700, LOOKS = 600, FORM_MOST = 16777216;
  var busy = 0, turns = 0, turnOf = new WeakMap(); /* of each control: its newest upload */

  function later(ms) {
    return new Promise(function (done) { setTimeout(done, ms); });
  }

  function ask(input, method, url, headers, body) {
    headers['X-CSRF-Token'] = input.form.elements.csrf.value;
    headers.Accept = 'application/json';
    headers['Accept-Language'] = document.documentElement.lang;
    return fetch(url, { method: method, headers: headers, body: body, credentials: 'same-origin' });
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

  function send(input, file, url, piece, from, tries, show) {
    if (from >= file.size) return Promise.resolve();
    return ask(input, 'PATCH', url, { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(from) },
               file.slice(from, from + piece)).then(function (answer) {
      if (answer.status === 204 || answer.status === 409) return Number(answer.headers.get('Upload-Offset'));
      if (answer.status === 503) throw null;
      return refused(answer);
    }).then(function (at) {
      show(at);
      return send(input, file, url, piece, at, TRIES, show);
    }, function (failure) {
      if (failure && failure.say !== undefined) throw failure;
      if (!tries) throw { say: '' };
      return later(WAIT_MS * (TRIES - tries + 1)).then(function () { return offset(input, url); }).catch(function () { return from; })
        .then(function (at) { return send(input, file, url, piece, at, tries - 1, show); });
    });
  }

  function examined(input, url, looks) {
    return ask(input, 'GET', url, {}).then(function (answer) { return answer.ok ? answer.json() : refused(answer); }).then(function (state) {
      if (state.examined || !looks) return;
      return later(LOOK_MS).then(function () { return examined(input, url, looks - 1); });
    });
  }

  function progress(input) {
    var box = input.parentNode.querySelector('.tj-upload__progress'), bar, words;
    if (!box) {
      box = document.createElement('div');
      box.className = 'tj-upload__progress';
      box.appendChild(document.createElement('progress'));
      box.appendChild(document.createElement('p')).setAttribute('role', 'status');
      input.parentNode.insertBefore(box, input.nextSibling);
    }
    bar = box.firstChild;
    words = box.lastChild;
    return function (at, all, text, failed) {
      bar.hidden = Boolean(failed);
      words.className = failed ? 'tj-field__error' : '';
      bar.max = all;
      bar.value = at;
      bar.setAttribute('aria-label', text);
      if (words.textContent !== text) words.textContent = text;
    };
  }

  function hold(form, by) {
    busy += by;
    Array.prototype.forEach.call(form.querySelectorAll('button'), function (button) { button.disabled = busy > 0; });
  }

  function upload(input) {
    var file = input.files[0], show = progress(input), form = input.form, url;
    var held = form.elements[input.getAttribute('data-field')], turn = ++turns;
    /* Another one was chosen since: this one goes no further. */
    var still = function () {
      if (turnOf.get(input) !== turn) throw { say: '' };
    };
    var say = function (at) {
      still();
      show(at, file.size, input.getAttribute('data-sending').replace('%', Math.floor(at * 100 / file.size)));
    };
    turnOf.set(input, turn);
    hold(form, 1);
    say(0);
    ask(input, 'POST', '/api/files', { 'Content-Type': 'application/json' },
        JSON.stringify({ reg: input.getAttribute('data-reg'), field: held.name, name: file.name, size: file.size }))
      .then(function (answer) { return answer.ok ? answer.json() : refused(answer); })
      .then(function (begun) {
        url = '/api/files/' + begun.id;
        return send(input, file, url, begun.piece, 0, TRIES, say).then(function () {
          still();
          if (!input.hasAttribute('data-examining')) return;
          show(file.size, file.size, input.getAttribute('data-examining'));
          return examined(input, url, LOOKS);
        }).then(function () {
          still();
          held.value = begun.id;
          input.value = '';
          input.required = false;
          show(file.size, file.size, input.getAttribute('data-ready').replace('%', file.name));
        });
      })
      .catch(function (failure) {
        if (turnOf.get(input) !== turn) return url ? ask(input, 'DELETE', url, {}).catch(function () {}) : null;
        show(0, 1, file.name + '：' + (failure && failure.say ? failure.say : input.getAttribute('data-failed')), true);
        if ((failure && failure.say) || file.size > FORM_MOST) input.value = ''; /* the form would not get it through, either */
      })
      .then(function () { hold(form, -1); });
  }

  document.addEventListener('change', function (event) {
    var input = event.target;
    if (input.type === 'file' && input.hasAttribute('data-field') && input.files.length && window.fetch) upload(input);
  });
})();
