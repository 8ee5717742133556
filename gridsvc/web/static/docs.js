// Draws the API documentation from the service's own schema.

const place = document.getElementById('documentation');

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  // The validator badge would ask a server on the internet.
  validatorUrl: null,
});
