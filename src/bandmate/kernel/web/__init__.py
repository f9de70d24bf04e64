"""The web shell: page layout, components, static assets, pagination, problem documents."""
