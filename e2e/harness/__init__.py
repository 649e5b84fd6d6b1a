"""What the end-to-end tests share: servers, clients, kernels, browsers, accounts and processes."""
