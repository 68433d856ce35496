Feature: A payment for a deal without a subscription

  Scenario: A one-time charge names its Opportunity
    Given the Account "Dahlia Events"
    And the open Opportunity "Gala"
    When "Dahlia Events" pays 640 USD once for the Opportunity "Gala"
    Then the revenue entry is:
      | Kind   | Date       | Amount | Opportunity |
      | Charge | 2026-10-01 | 640.00 | Gala        |
    And the Opportunity "Gala" shows:
      | Collected | 640.00 |
    And the customer "Dahlia Events" shows:
      | Account | Dahlia Events |
