// Draws the API documentation from the service's own schema.

const place = document.getElementById('documentation');

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  // A browser that is signed in must repeat its page's token in whatever changes something.
  requestInterceptor: (request) => {
    const token = document.querySelector('meta[name="csrf"]');
    if (token) request.headers['X-CSRF-Token'] = token.content;
    return request;
  },
  // The validator badge would ask a server on the internet.
  validatorUrl: null,
});
